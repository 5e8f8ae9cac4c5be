"""Events: every change of an object, recorded when it happens, listable for thirty days."""
