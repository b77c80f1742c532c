CREATE FUNCTION depth_below(draught numeric) RETURNS numeric LANGUAGE plpgsql AS $$
BEGIN
	RETURN 12.5 - draught;
END;
$$
