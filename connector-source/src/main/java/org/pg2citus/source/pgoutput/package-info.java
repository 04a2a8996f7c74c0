/** PostgreSQL's logical replication protocol: bytes in, row changes with raw text values out. */
package org.pg2citus.source.pgoutput;
