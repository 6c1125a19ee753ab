"""The commonest words of a language, which say little about a text."""

from __future__ import annotations

ENGLISH = """
a about above after again against all am an and any are as at be because been before being below
between both but by can could did do does doing down during each few for from further had has have having he
her here hers herself him himself his how i if in into is it its itself just me more most my myself no nor not
now of off on once only or other our ours ourselves out over own same she should so some such than that the
their theirs them themselves then there these they this those through to too under until up very was we were
what when where which while who whom why will with would you your yours yourself yourselves
"""
SPANISH = """
a al algo algunas algunos ante antes aquel aquella aquellas aquellos aquello aquí así aún aunque
cada como cómo con contra cual cuál cuales cuáles cuando cuándo de del desde donde dónde dos e el él ella
ellas ello ellos en entre era eran eres es esa esas ese eso esos esta está estaba estaban estado estamos están
estar estas este esto estos estoy fue fueron fui ha había habían haber han hasta hay he hemos la las le les lo
los más me mí mi mis mientras mucho muchos muy nada ni no nos nosotras nosotros nuestra nuestras nuestro
nuestros o os otra otras otro otros para pero poco por porque pues que qué quien quién quienes se sea según
ser si sí siempre sin sobre sois solo somos son soy su sus suya suyas suyo suyos también tanto te tener tengo
ti tiene tienen toda todas todo todos tu tú tus un una unas uno unos vosotras vosotros vuestra vuestras
vuestro vuestros y ya yo
"""
PORTUGUESE = """
a à ao aos aquela aquelas aquele aqueles aquilo as às até com como da das de dela delas dele
deles depois do dos e é ela elas ele eles em entre era eram és essa essas esse esses esta está estamos estão
estar estas estava estavam este estes estou eu foi fomos for foram fosse fui há havia isso isto já la lhe lhes
lo mais mas me mesmo meu meus minha minhas muito muitos na não nas nem no nos nós nossa nossas nosso nossos
num numa o os ou para pela pelas pelo pelos por porque qual quais quando que quem se sem ser será seu seus si
sido só sobre somos são sou sua suas também tem têm temos tenho ter teu teus te tinha tinham toda todas todo
todos tu tua tuas um uma umas uns você vocês vos
"""
STOP_WORDS = {
    "en": frozenset(ENGLISH.split()),
    "es": frozenset(SPANISH.split()),
    "pt": frozenset(PORTUGUESE.split()),
}
