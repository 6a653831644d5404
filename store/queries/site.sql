-- name: site_files
SELECT name, content FROM site_file ORDER BY name

-- name: put_site_file
INSERT INTO site_file (name, content) VALUES (%(name)s, %(content)s)
ON CONFLICT (name) DO UPDATE SET content = excluded.content, updated_at = now()
WHERE site_file.content <> excluded.content

-- name: delete_site_files_but
DELETE FROM site_file WHERE name <> ALL(%(names)s)

-- name: lock_site
LOCK TABLE site_file IN SHARE ROW EXCLUSIVE MODE

-- name: site_is_empty
SELECT NOT EXISTS (SELECT FROM site_file)
