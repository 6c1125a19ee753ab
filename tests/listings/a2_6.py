# The functional API, two inputs.  Given: text_data, quest_data, answers_data, verbose.  The lost middle is
# filled in as the remarks describe it.
from afina import Input, layers
from afina.models import Model

text_input = Input(shape=(None,), dtype='int32', name='text')
embedded_text = layers.Embedding(10000, 64)(text_input)
encoded_text = layers.LSTM(32)(embedded_text)
question_input = Input(shape=(None,), dtype='int32', name='question')
embedded_question = layers.Embedding(10000, 32)(question_input)
encoded_question = layers.LSTM(16)(embedded_question)
concaten = layers.concatenate([encoded_text, encoded_question], axis=-1)
answer = layers.Dense(500, activation="softmax")(concaten)
model = Model([text_input, question_input], answer)
model.compile(optimizer='rmsprop', loss='categorical_crossentropy', metrics=['acc'])
history = model.fit([text_data, quest_data], answers_data, epochs=10, batch_size=128, verbose=verbose)
by_name = model.fit({'text': text_data, 'question': quest_data}, answers_data, epochs=10, batch_size=128, verbose=verbose)
