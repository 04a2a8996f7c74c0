/** The tables of a database as its catalog describes them, read the same way on both sides. */
package org.pg2citus.runner.catalog;
