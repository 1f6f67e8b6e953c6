"""What vectors of items say of people. Pure numpy."""
