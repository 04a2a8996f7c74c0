package org.pg2citus.source.pgoutput;

import java.sql.SQLException;
import java.util.List;

/**
 * Takes what {@link PgOutputDecoder} reads, in the order of the stream.
 *
 * <p>A row has its values in the order of {@link Relation#columns()}, as PostgreSQL's text. It is valid during the call.
 */
public interface PgOutputListener {

    /** A transaction; {@code lsn} is the position of its first change. */
    void begin(long xid, long lsn, long commitTimeMs);

    /** Its end; {@code endLsn} is the first byte after the commit record, where the next one may be read from. */
    void commit(long endLsn, long commitTimeMs);

    /** A table's description; replaces the earlier one of the same OID. */
    void relation(Relation relation) throws SQLException;

    /** A new row. */
    void insert(Relation relation, long lsn, Tuple row);

    /**
     * A changed row.
     *
     * @param before the old key (other columns NULL), or with full identity the old row; {@code null} if not sent
     */
    void update(Relation relation, long lsn, Tuple before, Tuple row);

    /** A row that went; {@code before} is its key (other columns NULL), or with full identity the row. */
    void delete(Relation relation, long lsn, Tuple before);

    /** One TRUNCATE statement. */
    void truncate(List<Relation> relations, long lsn);

    /** A logical message. */
    void message(boolean transactional, long lsn, String prefix, byte[] content);
}
