"""What became of everybody who was drawn into an arm, out of the database: one module an experiment.

By the arm that was drawn, whatever was then done. Each customer counts once a period, with the first event.
"""
