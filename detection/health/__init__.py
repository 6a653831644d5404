"""How a camera itself is: what stands between its picture and what may be said of it."""
