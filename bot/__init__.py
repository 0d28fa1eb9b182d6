"""The dialogue engine: Rasa behind one door, with our store, processor and training."""
