package org.pg2citus.runner.config;

/**
 * How tables are copied.
 *
 * @param jobs parts of tables that are copied at the same time
 * @param chunkMb about how large a part of a large table is, in megabytes of its size on the source
 * @param deferIndexes the target's plain indexes are dropped for the copy and built after it
 * @param byKey parts are ranges of the key also where the table does not lie in its order
 */
public record CopySettings(int jobs, int chunkMb, boolean deferIndexes, boolean byKey) {

    /** A chunk takes some seconds: little is lost with one, and its commit costs little. */
    public static final int DEFAULT_CHUNK_MB = 128;

    public static CopySettings ofJobs(int jobs) {
        return new CopySettings(jobs, DEFAULT_CHUNK_MB, false, false);
    }

    public long chunkBytes() {
        return (long) chunkMb << 20;
    }
}
