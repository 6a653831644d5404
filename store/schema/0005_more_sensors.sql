-- Weight, temperature of the air, and what tampering looks like.
ALTER TABLE position
    ADD COLUMN weight_kg      double precision,
    ADD COLUMN temperature_c  double precision,
    ADD COLUMN antenna_cut    boolean,
    ADD COLUMN power_cut      boolean;
ALTER TABLE latest_position
    ADD COLUMN weight_kg      double precision,
    ADD COLUMN temperature_c  double precision,
    ADD COLUMN antenna_cut    boolean,
    ADD COLUMN power_cut      boolean;
