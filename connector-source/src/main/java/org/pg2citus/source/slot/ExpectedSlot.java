package org.pg2citus.source.slot;

import java.util.Optional;
import org.postgresql.replication.LogSequenceNumber;

/**
 * The slot that is to be read.
 *
 * @param systemIdentifier the cluster it is in, as {@code IDENTIFY_SYSTEM} says; empty: whichever
 * @param creationLsn its consistent point when it was made; empty: not checked
 */
public record ExpectedSlot(
        String slot, String publication, Optional<String> systemIdentifier, Optional<LogSequenceNumber> creationLsn) {}
