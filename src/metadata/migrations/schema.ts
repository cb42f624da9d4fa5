import { details } from "./details.ts";
import { first } from "./first.ts";
import { keeping } from "./keeping.ts";
import { outcomes } from "./outcomes.ts";

/** What a database of ours must look like. */
export interface Schema {
  /** Stands in the file's header (`PRAGMA application_id`) and says that the file is ours. */
  readonly applicationId: number;
  /** What leads from each version (`PRAGMA user_version`, starting at 0) to the next. Steps are only ever added. */
  readonly migrations: readonly string[];
}

/** Results, runs and files. */
export const metadataSchema: Schema = { applicationId: 0x536c4d64, migrations: [first, outcomes, details, keeping] };

/** Who holds which key: the name of the holder. It was the socket that the holder listened on, too. */
export const leasesSchema: Schema = {
  applicationId: 0x536c4c73,
  migrations: [
    "CREATE TABLE leases (key TEXT PRIMARY KEY, owner TEXT NOT NULL, address TEXT NOT NULL) WITHOUT ROWID",
    "DROP TABLE leases; CREATE TABLE leases (key TEXT PRIMARY KEY, owner TEXT NOT NULL) WITHOUT ROWID",
  ],
};
