import { sql, type Kysely } from 'kysely';
import type { Tables } from './tables';

type Migration = (database: Kysely<Tables>) => Promise<void>;

/** Invariant: a released migration is never edited, reordered or removed. */
export const migrations: readonly Migration[] = [
  createFirstTables,
  addHistory,
  addRenames,
  indexWriters,
  indexTargets,
  indexContents,
  addFormerTrees,
  addPacks,
  addRetention,
  addRecipes,
  addReadOnlyTokens,
];

async function createFirstTables(database: Kysely<Tables>): Promise<void> {
  await createTokens(database);
  await createTrees(database);
  await createVersions(database, 'versions', ['tree_id', 'path', 'revision']);
  await createVersions(database, 'entries', ['tree_id', 'path']);
  await database.schema.createIndex('versions_by_hash').on('versions').columns(['tree_id', 'hash']).execute();
  await database.schema.createIndex('entries_by_revision').on('entries').columns(['tree_id', 'revision']).execute();
}

/** Indexes versions by revision, and stores the number of puts and deletions of each revision. */
async function addHistory(database: Kysely<Tables>): Promise<void> {
  const { schema } = database;
  const columns = ['tree_id', 'revision', 'path'];
  await schema.createIndex('versions_by_revision').on('versions').columns(columns).execute();
  for (const column of ['put', 'deleted']) {
    await schema
      .alterTable('revisions')
      .addColumn(column, 'integer', (definition) => definition.notNull().defaultTo(0))
      .execute();
  }
  const countVersions = (op: string) => sql`(
    select count(*) from versions
    where versions.tree_id = revisions.tree_id and versions.revision = revisions.number and versions.op = ${op}
  )`;
  await sql`update revisions set put = ${countVersions('put')}, deleted = ${countVersions('delete')}`.execute(database);
}

/** Stores the number of renames of each later revision. */
async function addRenames({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .alterTable('revisions')
    .addColumn('renamed', 'integer', (definition) => definition.notNull().defaultTo(0))
    .execute();
}

/** Finds the names of the tokens that have pushed to a tree, without a look at each revision. */
async function indexWriters({ schema }: Kysely<Tables>): Promise<void> {
  await schema.createIndex('revisions_by_token').on('revisions').columns(['tree_id', 'token_name']).execute();
}

/** Finds the symlinks that another symlink can make lead outside the tree, without a look at each entry. */
async function indexTargets(database: Kysely<Tables>): Promise<void> {
  await sql`create index entries_with_dots on entries (tree_id) where instr(target, '/..') > 0`.execute(database);
}

/** Finds the versions with a content in all trees, without a look at each tree. */
async function indexContents(database: Kysely<Tables>): Promise<void> {
  await sql`create index versions_by_content on versions (hash, tree_id) where hash is not null`.execute(database);
  await database.schema.dropIndex('versions_by_hash').execute();
}

/** Lets a tree be deleted and renamed, and remembers when each maintenance was last done. */
async function addFormerTrees({ schema }: Kysely<Tables>): Promise<void> {
  for (const column of ['deleted_at', 'deleted_name']) {
    await schema.alterTable('trees').addColumn(column, 'text').execute();
  }
  await schema
    .createTable('former_names')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('tree_id', 'integer', (column) => column.notNull())
    .execute();
  await schema
    .createTable('maintenance')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('ended_at', 'text', (column) => column.notNull())
    .execute();
}

/** Small contents share files. */
async function addPacks({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('packs')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('name', 'text', (column) => column.notNull().unique())
    .addColumn('bytes', 'bigint', (column) => column.notNull())
    .execute();
  await schema
    .createTable('slices')
    .addColumn('hash', 'blob', (column) => column.primaryKey())
    .addColumn('pack_id', 'integer', (column) => column.notNull().references('packs.id'))
    .addColumn('offset', 'integer', (column) => column.notNull())
    .addColumn('size', 'integer', (column) => column.notNull())
    .modifyEnd(sql`without rowid`)
    .execute();
  await schema.createIndex('slices_by_pack').on('slices').column('pack_id').execute();
}

/** Lets a tree keep some of its revisions only, and remembers the versions that are removed. */
async function addRetention({ schema }: Kysely<Tables>): Promise<void> {
  const table = schema
    .createTable('retention')
    .addColumn('tree_id', 'integer', (column) => column.primaryKey().references('trees.id'))
    .addColumn('within', 'text');
  const rules = ['last', 'hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;
  await rules.reduce((builder, rule) => builder.addColumn(rule, 'integer'), table).execute();
  await schema.alterTable('versions').addColumn('removed_since', 'integer').execute();
  for (const name of ['versions', 'revisions']) {
    await schema
      .alterTable(name)
      .addColumn('removed', 'integer', (column) => column.notNull().defaultTo(0))
      .execute();
  }
  const columns = ['tree_id', 'path', 'removed_since', 'revision'];
  await schema
    .createIndex('versions_after_removed')
    .on('versions')
    .columns(columns)
    .where(sql.ref('removed_since'), 'is not', null)
    .execute();
}

/** Contents of the history are composed of chunks. */
async function addRecipes({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('chunks')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('tree_id', 'integer', (column) => column.notNull())
    .addColumn('hash', 'blob', (column) => column.notNull())
    .addColumn('size', 'integer', (column) => column.notNull())
    .addColumn('pack_id', 'integer', (column) => column.references('packs.id'))
    .addColumn('offset', 'integer', (column) => column.notNull())
    .addColumn('stored', 'integer', (column) => column.notNull())
    .execute();
  await schema.createIndex('chunks_by_content').unique().on('chunks').columns(['tree_id', 'hash']).execute();
  await schema.createIndex('chunks_by_pack').on('chunks').column('pack_id').execute();
  await schema
    .createTable('recipes')
    .addColumn('hash', 'blob', (column) => column.primaryKey())
    .addColumn('size', 'bigint', (column) => column.notNull())
    .addColumn('chunks', 'blob', (column) => column.notNull())
    .modifyEnd(sql`without rowid`)
    .execute();
}

/** Tokens that may change nothing. */
async function addReadOnlyTokens({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .alterTable('tokens')
    .addColumn('read_only', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
}

async function createTokens({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('tokens')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull().unique())
    .addColumn('limited', 'integer', (column) => column.notNull())
    .addColumn('created_at', 'text', (column) => column.notNull())
    .addColumn('revoked_at', 'text')
    .execute();
  await schema
    .createIndex('tokens_active_name')
    .unique()
    .on('tokens')
    .column('name')
    .where(sql.ref('revoked_at'), 'is', null)
    .execute();
  await schema
    .createTable('token_trees')
    .addColumn('token_id', 'integer', (column) => column.notNull().references('tokens.id'))
    .addColumn('tree_name', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('token_trees_key', ['token_id', 'tree_name'])
    .execute();
}

async function createTrees({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('trees')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('name', 'text', (column) => column.notNull().unique())
    .addColumn('head', 'integer', (column) => column.notNull())
    .addColumn('created_at', 'text', (column) => column.notNull())
    .execute();
  await schema
    .createTable('revisions')
    .addColumn('tree_id', 'integer', (column) => column.notNull().references('trees.id'))
    .addColumn('number', 'integer', (column) => column.notNull())
    .addColumn('token_name', 'text', (column) => column.notNull())
    .addColumn('created_at', 'text', (column) => column.notNull())
    .addColumn('message', 'text')
    .addColumn('forced', 'integer', (column) => column.notNull())
    .addColumn('push_id', 'text', (column) => column.notNull().unique())
    .addPrimaryKeyConstraint('revisions_key', ['tree_id', 'number'])
    .execute();
  await schema
    .createTable('folders')
    .addColumn('tree_id', 'integer', (column) => column.notNull().references('trees.id'))
    .addColumn('path', 'text', (column) => column.notNull())
    .addColumn('token_name', 'text', (column) => column.notNull())
    .addColumn('created_at', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('folders_key', ['tree_id', 'path'])
    .execute();
  await schema
    .createTable('unchanged_pushes')
    .addColumn('push_id', 'text', (column) => column.primaryKey())
    .addColumn('tree_id', 'integer', (column) => column.notNull().references('trees.id'))
    .addColumn('token_name', 'text', (column) => column.notNull())
    .addColumn('revision', 'integer', (column) => column.notNull())
    .addColumn('created_at', 'text', (column) => column.notNull())
    .execute();
}

async function createVersions(
  { schema }: Kysely<Tables>,
  table: 'versions' | 'entries',
  key: ('tree_id' | 'path' | 'revision')[],
): Promise<void> {
  await schema
    .createTable(table)
    .addColumn('tree_id', 'integer', (column) => column.notNull())
    .addColumn('path', 'text', (column) => column.notNull())
    .addColumn('revision', 'integer', (column) => column.notNull())
    .addColumn('op', 'text', (column) => column.notNull())
    .addColumn('kind', 'text')
    .addColumn('size', 'bigint')
    .addColumn('mtime_ns', 'text')
    .addColumn('mode', 'integer')
    .addColumn('hash', 'text')
    .addColumn('target', 'text')
    .addPrimaryKeyConstraint(`${table}_key`, key)
    .addForeignKeyConstraint(`${table}_revision`, ['tree_id', 'revision'], 'revisions', ['tree_id', 'number'])
    .execute();
}
