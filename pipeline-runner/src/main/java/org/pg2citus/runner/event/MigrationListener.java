package org.pg2citus.runner.event;

/** Receives what a migration tells. Called from several threads, one call at a time. */
@FunctionalInterface
public interface MigrationListener {

    void on(MigrationEvent event);
}
