"""The measures, under their standard names, each with the source of its definition; one module a family.

``ranking`` (TREC/BEIR), ``correctness`` (key facts, token F1), ``ragas`` (faithfulness and its companions), ``citations``
(ALCE), ``abstention`` (risk and coverage), ``calibration`` (ECE), ``statistics`` (what is said of many cases, by name, and
bootstrap intervals). All take plain values, so that a test can compute them by hand.
"""
