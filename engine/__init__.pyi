from engine.commands.api import check as check
from engine.commands.api import compose as compose
from engine.commands.api import evaluate as evaluate
from engine.commands.api import load as load
from engine.commands.api import train as train

__version__: str
