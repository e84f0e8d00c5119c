from engine.api import check as check
from engine.api import compose as compose
from engine.api import evaluate as evaluate
from engine.api import load as load
from engine.api import train as train

__version__: str
