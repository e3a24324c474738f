-- What upkeep looks for: old pages without reading their bodies.

CREATE INDEX page_fetched ON page (fetched);
