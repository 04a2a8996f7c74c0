package org.pg2citus.runner.cutover;

/** How far a cutover is. */
public enum CutoverStep {
    /** The fence is being put up; found at a start, it is put up again. */
    FENCING,
    /** The source's tables cannot be written; what was written before is on its way. */
    FENCED,
    /** The target has everything, is verified, and its sequences are set: the application may use it. */
    DONE
}
