INSERT INTO port (name) VALUES ('Hamburg'), ('Rotterdam') ON CONFLICT DO NOTHING;
