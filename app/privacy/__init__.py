"""Everything kept about a person: to take along, and to have erased."""
