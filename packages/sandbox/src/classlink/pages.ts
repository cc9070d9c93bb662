import type { SiteReply, SiteRequest } from '../http/http-site.ts';
import type { ClasslinkShare } from './share.ts';

export function pageOf(share: ClasslinkShare, path: string, request: SiteRequest): SiteReply {
  const rows = share.district.schools.map(({ sisId }) => ({ sourcedId: sisId }));
  const limit = Number(request.query.get('limit') ?? 100);
  const offset = Number(request.query.get('offset') ?? 0);
  const page = rows.slice(offset, offset + limit);
  const headers = {
    'x-count': String(page.length),
    'x-total-count': String(rows.length),
    'x-perm-rev': share.revision,
  };
  share.countPage();
  return { status: 200, headers, body: { [path.slice(1)]: page }, rows: page.length };
}
