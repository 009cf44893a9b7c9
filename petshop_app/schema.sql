CREATE TABLE IF NOT EXISTS pets (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    category TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS owners (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL
);

-- Not a column of pets: a file that an earlier shop made has that table already, and stays as it is.
CREATE TABLE IF NOT EXISTS ownership (
    pet_id INTEGER PRIMARY KEY REFERENCES pets (id),
    owner_id INTEGER NOT NULL REFERENCES owners (id)
);
CREATE INDEX IF NOT EXISTS ownership_by_owner ON ownership (owner_id);

CREATE TABLE IF NOT EXISTS visits (
    id INTEGER PRIMARY KEY,
    pet_id INTEGER NOT NULL REFERENCES pets (id),
    date TEXT NOT NULL,
    reason TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS visits_by_pet ON visits (pet_id);
