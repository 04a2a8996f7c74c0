package org.pg2citus.runner.change;

/** How far a schema change is. Each step is recorded before the next begins. */
public enum ChangeStep {
    /** The sink is held; neither side has changed by our hand. */
    HELD,
    /** By hand only: the hold is lifted again, so that the sink runs up to the source's change. */
    PASSING,
    /** The source's transaction may be committed or not: its id tells. */
    SOURCE_CHANGING,
    /** The source has changed, the target has not. */
    SOURCE_CHANGED,
    /** Both sides have changed; the sink is still held. */
    TARGET_CHANGED;

    /** Whether nothing has happened yet that an abort could not take back. */
    public boolean canAbort() {
        return switch (this) {
            case HELD, PASSING -> true;
            case SOURCE_CHANGING, SOURCE_CHANGED, TARGET_CHANGED -> false;
        };
    }
}
