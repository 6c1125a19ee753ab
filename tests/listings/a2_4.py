# Hyperparameter search by hand.
from afina import optimizers
from afina.layers import Activation, Dense, Dropout
from afina.models import Sequential


def setup_model(topo, dropout_rate, input_size, output_size):
    model = Sequential()
    model.add(Dense(topo[0], activation="relu", input_dim = input_size))
    if dropout_rate > 0: model.add(Dropout(dropout_rate))
    for i in range(1,len(topo)):
        model.add(Dense(topo[i], activation="relu"))
        if dropout_rate > 0: model.add(Dropout(dropout_rate))
        model.add(Dense(output_size))
        model.add(Activation('softmax'))
    return model

def train_dnn(model, alg, lr, Xtrain, Ytrain, epochs = 5, batch_size = 64):
    if alg == "adam": optimizer = optimizers.Adam(lr = lr)
    elif alg == "rmsprop": optimizer = optimizers.RMSprop(lr = lr)
    elif alg == "sgd_momentum": optimizer = optimizers.SGD(lr = lr, momentum = 0.9)
    else: optimizer = optimizers.SGD(lr = lr)
    model.compile(optimizer = optimizer, loss = "categorical_crossentropy", metrics = ["accuracy"])
    model.fit(Xtrain, Ytrain, epochs = epochs, batch_size = batch_size, verbose = 0)
    return model

def dnn_optimization(opt_params, Xtrain, Ytrain, Xval, Yval, iterations = 10, verbose = True):
    from random import choice
    if verbose: print("Topology\tDropout\tAlgorithm\tLRate\tValLoss\tValAcc\n")
    best_acc = None
    input_size = Xtrain.shape[1]; output_size = Ytrain.shape[1]
    topologies = opt_params["topology"] if "topology" in opt_params else [[100]]
    algs = opt_params["algorithm"] if "algorithm" in opt_params else ["adam"]
    lrs = opt_params["lr"] if "lr" in opt_params else [0.001]
    dropouts = opt_params["dropout"] if "dropout" in opt_params else [0.0]
    for it in range(iterations):
        topo = choice(topologies); dropout_rate = choice(dropouts)
        dnn = setup_model(topo, dropout_rate, input_size, output_size)
        alg = choice(algs); lr = choice(lrs)
        dnn = train_dnn(dnn, alg, lr, Xtrain, Ytrain)
        val_loss, val_acc = dnn.evaluate(Xval, Yval, verbose = 0)
        if best_acc is None or val_acc > best_acc:
            best_acc = val_acc; best_config = (topo, dropout_rate, alg, lr)
    return best_config, best_acc
