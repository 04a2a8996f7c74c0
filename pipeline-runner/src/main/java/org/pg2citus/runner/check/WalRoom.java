package org.pg2citus.runner.check;

/**
 * Whether a disk has room for the WAL that a stall makes the source keep: 100 GB free, or 20 % of the disk, whichever is
 * more.
 */
record WalRoom(long totalBytes, long freeBytes) {

    private static final long LEAST_BYTES = 100L << 30;

    long neededBytes() {
        return Math.max(LEAST_BYTES, totalBytes / 5);
    }

    boolean isEnough() {
        return freeBytes >= neededBytes();
    }
}
