package io.plumbline.signaturestore.extract.sites;

import io.plumbline.signaturestore.extract.ExtractionException;
import java.util.List;
import java.util.Optional;

/** Where a build has its tables. */
interface TableSource {
  /** The table that is a section of that name. */
  Optional<SiteTable> section(String name) throws ExtractionException;

  /** All tables whose sections' names begin so. */
  List<SiteTable> sectionsFrom(String prefix) throws ExtractionException;

  Optional<SiteTable> jumpTable() throws ExtractionException;

  Optional<SiteTable> staticCalls() throws ExtractionException;

  Optional<SiteTable> functionTraces() throws ExtractionException;
}
