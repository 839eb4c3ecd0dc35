"""What any service needs and no product word."""
