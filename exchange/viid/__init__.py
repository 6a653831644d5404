"""GA/T 1400.4 client: pushes passing vehicles to a public-security view library (320, 视图库).

Codes that a deployment may have to correct are data: `codes.toml`.
"""
