"""The formats of event data sets whose rows become incidents."""
