package io.plumbline.cli.collect;

import io.plumbline.ingest.capture.PagesMode;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A guest to collect.
 *
 * @param id name in the fleet
 * @param image file of the saved guest, written anew for each round
 * @param registers the vCPUs' registers as JSON, for images without them
 * @param pages which frames are published
 */
public record CollectedVm(String id, Path image, Optional<Path> registers, PagesMode pages) {}
