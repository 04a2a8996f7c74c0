package org.pg2citus.runner.verify;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.pg2citus.runner.failure.ExitCode;
import org.pg2citus.runner.failure.MigrationException;

/** Something that runs at the same time, in a thread of its own. */
final class Parallel<T> {

    private final FutureTask<T> task;

    private Parallel(FutureTask<T> task) {
        this.task = task;
    }

    static <T> Parallel<T> start(String name, Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
        return new Parallel<>(task);
    }

    /** The result, or the failure as it was. */
    T await() {
        try {
            return task.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MigrationException(
                    ExitCode.INTERNAL, "VF009", "interrupted while comparing", "run the command again", e);
        }
    }

    /** Its result is not wanted any more: its session is broken off. */
    void abandon(Connection session) {
        try {
            session.abort(Runnable::run);
        } catch (SQLException e) {
            // The session is given up in any case.
            return;
        }
    }
}
