"""What the tables need of PostgreSQL that a table class cannot say. The migration repeats it."""

# unaccent() is only STABLE because its dictionary might be replaced; naming the
# dictionary makes the answer fixed, which generated columns and indexes need.
# Qualified names, because index builds run with an empty search path since 17.
FOLD = """
CREATE OR REPLACE FUNCTION shopping_fold(words text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT lower(public.unaccent('public.unaccent'::regdictionary, words)) $$
"""
FOLD_NAME_AND_TAGS = """
CREATE OR REPLACE FUNCTION shopping_fold(name text, tags varchar[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT public.shopping_fold(name || ' ' || array_to_string(tags, ' ')) $$
"""
WORDS = """
CREATE OR REPLACE FUNCTION shopping_words(name text, tags varchar[], sku text, short text)
RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT setweight(to_tsvector('pg_catalog.simple', public.shopping_fold(name)), 'A')
       || setweight(to_tsvector('pg_catalog.simple', replace(lower(sku), '-', ' ')), 'A')
       || setweight(to_tsvector('pg_catalog.simple',
                    public.shopping_fold(array_to_string(tags, ' '))), 'B')
       || setweight(to_tsvector('pg_catalog.simple',
                    public.shopping_fold(coalesce(short, ''))), 'D') $$
"""
TRIGRAMS = "CREATE EXTENSION IF NOT EXISTS pg_trgm"
BEFORE_PRODUCTS = (
    TRIGRAMS,
    "CREATE EXTENSION IF NOT EXISTS unaccent",
    FOLD,
    FOLD_NAME_AND_TAGS,
    WORDS,
)

# The words that names and tags are made of, each once, to mend slips of the pen among. Sorted, so
# that two who add the same words wait for each other in the same order. A word nobody uses any
# more does no harm.
LEARN_WORDS = """
CREATE OR REPLACE FUNCTION shopping_learn_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO product_words (word)
  SELECT DISTINCT w FROM fresh, regexp_split_to_table(fresh.folded, '[^[:alnum:]]+') AS w
   WHERE w ~ '^[[:alpha:]]{3,32}$' AND NOT EXISTS (SELECT FROM product_words k WHERE k.word = w)
   ORDER BY w
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$
"""
AFTER_PRODUCTS = (
    LEARN_WORDS,
    *(
        f"""
CREATE TRIGGER learn_words_{when.lower()} AFTER {when} ON products
REFERENCING NEW TABLE AS fresh
FOR EACH STATEMENT EXECUTE FUNCTION shopping_learn_words()
"""
        for when in ("INSERT", "UPDATE")
    ),
)

# A CHECK cannot see other rows nor the time, so a trigger says: what is held at
# the moment of reserving never exceeds what is there. It locks the stock row,
# hence two people reserving the last one wait for each other here at the latest.
RESERVATION_FITS = """
CREATE OR REPLACE FUNCTION shopping_reservation_fits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  room bigint;
BEGIN
  SELECT quantity - allocated INTO room FROM stock WHERE variant_id = NEW.variant_id FOR UPDATE;
  SELECT room - coalesce(sum(r.quantity), 0) INTO room FROM stock_reservations r
   WHERE r.variant_id = NEW.variant_id AND r.id <> NEW.id AND r.reserved_until > NEW.reserved_at;
  IF room IS NULL OR room < NEW.quantity THEN
    RAISE EXCEPTION 'only % left of variant %', coalesce(room, 0), NEW.variant_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_stock_reservations_fits';
  END IF;
  RETURN NEW;
END $$
"""
AFTER_RESERVATIONS = (
    RESERVATION_FITS,
    """
CREATE TRIGGER reservation_fits BEFORE INSERT OR UPDATE ON stock_reservations
FOR EACH ROW EXECUTE FUNCTION shopping_reservation_fits()
""",
)
