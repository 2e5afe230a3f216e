create table ship (name text)
