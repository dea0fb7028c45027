INSERT INTO citas VALUES (19, 101, 522, 1, 1, 1, NULL, 1, 'infinity', 'infinity', 'NUEVA', NULL, 0, '-infinity');
