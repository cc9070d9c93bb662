import { startCleverSite, type CleverSite } from './clever-site.ts';
import type { CleverObject } from './objects.ts';

export interface Page {
  readonly data: readonly { readonly data: CleverObject; readonly uri: string }[];
  readonly links: readonly { readonly rel: string; readonly uri: string }[];
}

/** Asks a pretend Clever as an app would. */
export class Asker {
  readonly site: CleverSite;

  constructor(site: CleverSite) {
    this.site = site;
  }

  static async of(...options: Parameters<typeof startCleverSite>): Promise<Asker> {
    return new Asker(await startCleverSite(...options));
  }

  get(path: string, token = this.site.account.token): Promise<Response> {
    return fetch(`${this.site.apiUrl}${path}`, { headers: { authorization: `Bearer ${token}` } });
  }

  async page(path: string): Promise<Page> {
    const response = await this.get(path);
    if (response.status !== 200) throw new Error(`${path} was answered with ${response.status}`);
    return (await response.json()) as Page;
  }

  /** Every object of a list, page by page. */
  async all(path: string): Promise<CleverObject[]> {
    const objects: CleverObject[] = [];
    for (let next: string | undefined = path; next !== undefined;) {
      const { data, links }: Page = await this.page(next);
      objects.push(...data.map((each) => each.data));
      next = links.find(({ rel }) => rel === 'next')?.uri;
    }
    return objects;
  }

  tokens(query: string, credentials = `${this.site.clientId}:${this.site.clientSecret}`): Promise<Response> {
    const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
    return fetch(`${this.site.tokenUrl}${query}`, { headers: { authorization } });
  }
}
