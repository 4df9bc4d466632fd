"""What all experiments share: cells and their records, protocol, data sets, detectors, tables."""
