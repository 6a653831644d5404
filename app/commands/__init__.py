"""The commands of `muckwatch`, by what they are about; each a thin shell around one function."""
