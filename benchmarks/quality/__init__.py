"""How well anomalies are found, and what the choices of the default are worth."""
