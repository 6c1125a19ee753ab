"""Features: what a trained network sees, for classifiers, compression and retrieval."""

from .classify import (
    decision_tree as decision_tree,
    linear_svm as linear_svm,
    nearest_neighbors as nearest_neighbors,
)
from .cutting import feature_tensor as feature_tensor
from .extract import extract as extract
from .reduce import ProductQuantizer as ProductQuantizer, pca as pca
from .retrieval import Retrieval as Retrieval, plot_neighbors as plot_neighbors
