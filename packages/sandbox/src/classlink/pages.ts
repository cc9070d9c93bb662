import type { SiteReply, SiteRequest } from '../http/http-site.ts';
import type { ObjectShape } from '../oneroster-api/objects.ts';
import { BadQuery } from '../oneroster-api/query.ts';
import { NO_QUIRKS } from '../oneroster-api/quirks.ts';
import type { OneRosterQuirks } from '../oneroster-api/quirks.ts';
import { NotFound, RosterPages } from '../oneroster-api/roster-pages.ts';
import type { ClasslinkShare } from './share.ts';

/** ClassLink counts but does not link, and lowers a limit above the documented ceiling without a word. */
export const CLASSLINK_QUIRKS: Readonly<OneRosterQuirks> = { ...NO_QUIRKS, link: false, clampTo: 10_000 };

/** References name the host behind the proxy: whoever follows them ends up elsewhere. */
const SHAPE: ObjectShape = {
  version: '1.1',
  href: (collection, sourcedId) =>
    `https://certs-v2.rosterserver.example/ims/oneroster/v1p1/${collection}/${encodeURIComponent(sourcedId)}`,
  blanks: 'empty',
};

/** The OneRoster 1.1 data of one district, with ClassLink's headers. */
export class SharePages {
  readonly #share: ClasslinkShare;
  readonly #pages = new RosterPages(SHAPE);

  constructor(share: ClasslinkShare) {
    this.#share = share;
  }

  /** `path` is below the OneRoster root. */
  answer(path: string, request: SiteRequest, quirks: OneRosterQuirks): SiteReply {
    const startMs = performance.now();
    const { district, revision, tellsRevision, isObfuscated } = this.#share;
    try {
      const endpoint = this.#pages.endpoint(district, path);
      if (quirks.missing.includes(endpoint.collection)) throw new NotFound(path);
      if (quirks.forbidden.includes(endpoint.collection)) return { status: 403, body: { message: 'Forbidden' } };
      const { headers, ...reply } = this.#pages.answer(district, endpoint, path, request, quirks);
      this.#share.countPage();
      const own = {
        'x-count': String(reply.rows),
        ...(tellsRevision ? { 'x-perm-rev': revision } : {}),
        'x-endpoint': endpoint.collection,
        'x-page-generation-time-ms': (performance.now() - startMs).toFixed(0),
        'x-next-page-token': '',
        'x-modified': '',
        'x-obfuscated': isObfuscated ? 'true' : '',
      };
      return { ...reply, headers: { ...headers, ...own } };
    } catch (error) {
      if (error instanceof NotFound) return { status: 404, body: { message: 'Not Found' } };
      if (error instanceof BadQuery) return { status: 400, body: { message: error.message } };
      throw error;
    }
  }
}
