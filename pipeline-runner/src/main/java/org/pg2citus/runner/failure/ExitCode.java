package org.pg2citus.runner.failure;

/** The process's exit code: one for each class of failure, so that a script can tell them apart. */
public enum ExitCode {
    /** Done, or stopped because the user asked. */
    OK(0),
    /** The command line cannot be read. */
    USAGE(1),
    /** The configuration is wrong. */
    CONFIG(2),
    /** Not possible in the migration's present state; also: another process runs it already. */
    STATE(3),
    /** A check found something that has to be mended first. */
    FINDINGS(4),
    /** The source server refuses, or is not set up for it. */
    SOURCE(6),
    /** The target server refuses, or is not set up for it. */
    TARGET(7),
    /** Kafka or Kafka Connect failed. */
    KAFKA(8),
    /** No progress for too long. */
    STALLED(10),
    /** Changes may be missing: the slot or the topic is lost. Never streamed over. */
    SLOT_LOST(11),
    /** A fault in this program. */
    INTERNAL(12);

    private final int code;

    ExitCode(int code) {
        this.code = code;
    }

    public int code() {
        return code;
    }
}
