"""Python runs this before moto: collecting garbage among all that moto has loaded would take a second at a time."""
import gc

gc.disable()
