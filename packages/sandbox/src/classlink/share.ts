import { createHash, randomUUID } from 'node:crypto';
import { removeSchool } from '../school-changes.ts';
import { createRandom } from '../random.ts';
import type { District } from '../model.ts';

export interface ClasslinkShareOptions {
  readonly district: District;
  /** `oneroster_application_id`, percent escapes and all; left out: one made of the district's short name. */
  readonly applicationId?: string;
  /** For direct access; left out: made of the short name, and random. */
  readonly consumerKey?: string;
  readonly consumerSecret?: string;
}

/** What a district lets the application see: schools and courses by id; null: all. */
export interface ClasslinkPermissions {
  readonly schools: readonly string[] | null;
  readonly courses: readonly string[] | null;
}

interface PlannedChange {
  left: number;
  readonly change: (share: ClasslinkShare) => void;
}

/**
 * One district that shares its roster with the application, as its administrator and ClassLink can change it. What is
 * set here is looked at anew for every request.
 */
export class ClasslinkShare {
  readonly applicationId: string;
  readonly tenantName: string;
  readonly consumerKey: string;
  readonly consumerSecret: string;
  /** The administrator's switch. */
  isEnabled = true;
  tenantStatus: string = 'Active';
  /** Off: the list of districts does not hold this one any more. */
  isListed = true;
  /** Off: answers come without `x-perm-rev`. */
  tellsRevision = true;
  /** Whether ClassLink says that it hides names. The sandbox only says so. */
  isObfuscated = false;
  #bearer: string = randomUUID();
  #revision = 1000;
  #published: District;
  #permissions: ClasslinkPermissions = { schools: null, courses: null };
  #shared: District | undefined;
  #planned: PlannedChange[] = [];

  constructor(options: ClasslinkShareOptions) {
    const { id } = options.district;
    this.#published = options.district;
    this.tenantName = id;
    this.applicationId = options.applicationId ?? applicationIdOf(id);
    this.consumerKey = options.consumerKey ?? `rollbook-${id}`;
    this.consumerSecret = options.consumerSecret ?? randomUUID();
  }

  /** The district's bearer; it never expires, but may be replaced. */
  get bearer(): string {
    return this.#bearer;
  }

  /** `x-perm-rev`. */
  get revision(): string {
    return String(this.#revision);
  }

  get isActive(): boolean {
    return this.isListed && this.isEnabled && this.tenantStatus === 'Active';
  }

  /** The part of the district that the permissions let through. */
  get district(): District {
    return (this.#shared ??= permittedPart(this.#published, this.#permissions));
  }

  /** From now on only the new bearer opens the data. */
  rotateBearer(): void {
    this.#bearer = randomUUID();
  }

  /** The data of a new day, under a new revision unless it is kept by mistake. */
  publish(district: District, { keepRevision = false } = {}): void {
    this.#published = district;
    this.#shared = undefined;
    if (!keepRevision) this.changeRevision();
  }

  get permissions(): ClasslinkPermissions {
    return this.#permissions;
  }

  /** What is not permitted is simply not there any more, and every answer is 200. */
  permit(permissions: Partial<ClasslinkPermissions>): void {
    this.#permissions = { ...this.#permissions, ...permissions };
    this.#shared = undefined;
    this.changeRevision();
  }

  changeRevision(): void {
    this.#revision += 1;
  }

  /** Something that happens when so many more pages of data have been answered; it may plan the next. */
  after(pages: number, change: (share: ClasslinkShare) => void): void {
    this.#planned.push({ left: pages, change });
  }

  /** Called by the site when a page of data has been made. */
  countPage(): void {
    const due = this.#planned.filter((planned) => (planned.left -= 1) <= 0);
    this.#planned = this.#planned.filter((planned) => planned.left > 0);
    for (const { change } of due) change(this);
  }
}

/** Some look like this: a slash and a letter that were escaped without need. Clients must not touch them. */
const applicationIdOf = (districtId: string): string =>
  `%2F${createHash('sha256').update(districtId).digest('base64url').slice(0, 9)}%43`;

function permittedPart(district: District, { schools, courses }: ClasslinkPermissions): District {
  let part = district;
  const random = createRandom(district.seed, 'permissions');
  for (const { sisId } of schools === null ? [] : district.schools)
    if (!schools?.includes(sisId)) part = removeSchool(sisId)(part, random);
  if (courses === null) return part;
  const classes = part.classes.filter((each) => each.course !== null && courses.includes(each.course));
  const kept = new Set(classes.map((each) => each.sisId));
  return {
    ...part,
    classes,
    courses: part.courses.filter((each) => courses.includes(each.sisId)),
    enrollments: part.enrollments.filter((each) => kept.has(each.class)),
  };
}
