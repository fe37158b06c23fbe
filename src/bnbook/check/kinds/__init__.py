"""What stands around batch norm, each kind checked as what it is."""
