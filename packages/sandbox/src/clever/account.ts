import type { District } from '../model.ts';
import { objectId } from './object-id.ts';
import { objectsOf, withoutRoles, type ApiVersion, type CleverObject, type CleverObjects } from './objects.ts';
import { NO_SWITCHES, ROLES, checkSwitches, type CleverSwitches, type Collection, type Role } from './switches.ts';

/** What a token may read unless it is taken away, in the words of Clever. */
export const SCOPES = [
  'district_admins',
  'districts',
  'resources',
  'school_admins',
  'schools',
  'sections',
  'student_contacts',
  'students',
  'teachers',
  'user_id',
] as const;

const SCOPE_OF_ROLE: Readonly<Record<Role, string>> = {
  contact: 'student_contacts',
  district_admin: 'district_admins',
  staff: 'school_admins',
  student: 'students',
  teacher: 'teachers',
};

const SCOPES_OF_COLLECTION: Readonly<Record<Collection, readonly string[]>> = {
  districts: ['districts'],
  schools: ['schools'],
  users: Object.values(SCOPE_OF_ROLE),
  sections: ['sections'],
  courses: ['sections'],
  terms: ['sections'],
  resources: ['resources'],
};

const FIRST_SYNC_MS = Date.UTC(2026, 8, 1, 6);
const DAY_MS = 86_400_000;

/**
 * One district as Clever has it: its data, what it shares with the app, and the app's token. A district comes in by
 * `sync`, as every night; a paused or held one stays as it was until it goes on.
 */
export class CleverAccount {
  readonly id: string;
  readonly switches: CleverSwitches = { ...NO_SWITCHES };
  /** `running`, `pending`, `error`, `success`, or '': shown, and without effect. See {@link pause} for `paused`. */
  state = 'running';
  #district: District;
  /** What came in while the data was frozen. */
  #waiting: District | null = null;
  #frozen: 'paused' | 'held' | null = null;
  #syncs = 0;
  #tokens = 0;
  #isConnected = true;
  /** By version; empty when something has changed. */
  readonly #objects = new Map<ApiVersion, CleverObjects>();

  constructor(district: District) {
    this.id = objectId('district', district.org.sisId, district.id);
    this.#district = district;
  }

  /** The app's token now; null if the district has disconnected. */
  get token(): string | null {
    return this.#isConnected ? this.#tokenNumber(this.#tokens) : null;
  }

  #tokenNumber(number: number): string {
    return `${objectId('token', this.id, number)}${objectId('token', this.id, `${number}/end`).slice(8)}`;
  }

  get tokenId(): string {
    return objectId('token', this.id, `${this.#tokens}/id`);
  }

  get scopes(): string[] {
    const { removedScopes } = this.switches;
    return SCOPES.filter((scope) => !removedScopes.includes(scope)).map((scope) => `read:${scope}`);
  }

  get lastSync(): string {
    return new Date(FIRST_SYNC_MS + this.#syncs * DAY_MS).toISOString();
  }

  /** Changes what is shared, or how the data looks; see {@link CleverSwitches}. */
  set(switches: Partial<CleverSwitches>): void {
    checkSwitches(switches);
    Object.assign(this.switches, switches);
    this.#objects.clear();
  }

  /** The district of another day comes in; the same again if none is given. `last_sync` moves, unless the data is frozen. */
  sync(district: District = this.#district): void {
    if (this.#frozen !== null) {
      this.#waiting = district;
      return;
    }
    this.#district = district;
    this.#syncs += 1;
    this.#objects.clear();
  }

  /** Over the summer the data stays as it is, and Clever says so. */
  pause(): void {
    this.#frozen = 'paused';
  }

  /** Too much has changed, so that Clever keeps the old data and says nothing. */
  hold(): void {
    this.#frozen = 'held';
  }

  /** What came in meanwhile counts now. */
  resume(): void {
    this.#frozen = null;
    if (this.#waiting !== null) this.sync(this.#waiting);
    this.#waiting = null;
  }

  /** The district disconnects: its token is revoked and not listed any more. */
  disconnect(): void {
    this.#isConnected = false;
    this.#tokens += 1;
  }

  connect(): void {
    this.#isConnected = true;
  }

  /** The token is revoked, and another is listed in its place. */
  rotateToken(): void {
    this.#tokens += 1;
  }

  /** Whether the token may read something of the collection. */
  mayRead(collection: Collection): boolean {
    return SCOPES_OF_COLLECTION[collection].some((scope) => this.scopes.includes(`read:${scope}`));
  }

  objects(version: ApiVersion): CleverObjects {
    const known = this.#objects.get(version);
    if (known !== undefined) return known;
    const context = { districtId: this.id, version, lastSync: this.lastSync, switches: this.switches };
    const all = objectsOf(this.#district, context);
    const unreadable = ROLES.filter((role) => !this.scopes.includes(`read:${SCOPE_OF_ROLE[role]}`));
    const objects = { ...all, users: withoutRoles(all.users, unreadable) };
    this.#objects.set(version, objects);
    return objects;
  }

  /** The district itself, as an object. */
  districtObject(version: ApiVersion): CleverObject {
    const { org, schoolYear } = this.#district;
    const isPaused = this.#frozen === 'paused';
    return {
      id: this.id,
      name: org.name,
      sis_type: 'sftp',
      launch_date: `${schoolYear - 1}-07-01`,
      portal_url: `https://clever.com/in/${this.#district.id}`,
      login_methods: [],
      nces_id: org.ncesId ?? '',
      mdr_number: '',
      state: isPaused ? 'paused' : this.state,
      error: '',
      last_sync: this.lastSync,
      ...(isPaused ? { pause_start: `${schoolYear}-06-03`, pause_end: `${schoolYear}-08-03` } : {}),
      ...(version === 'v3.1' ? { lms_type: '', lms_state: '' } : {}),
    };
  }
}
