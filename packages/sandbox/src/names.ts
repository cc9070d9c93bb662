const list = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Given and family names as American school districts have them: many origins, accents, hyphens and apostrophes. */
export const FEMALE_NAMES = list(`
  Olivia Emma Sofía Aaliyah Mei Priya Fatima Grace Chloé Zoë Amara Ximena Hannah Leilani Nadia Ingrid Keisha Mariana Aiko Yara
  Abigail Valentina Ruth Thảo Ananya Camila Imani Siobhán Elena Noor Autumn Destiny Rosa Hana Beatriz Freya Lucía Naomi Tamar
  Zainab Caroline Jada Kiara Lin Mercy Ngozi Paloma Quinn Renée Sierra Talia Uma Violet Willow Xiu Yesenia Alejandra Björk
  Dakota Esther Farah Gabriela Harper Isla Jasmine Kateryna Layla Madison Nevaeh Oksana`);

export const MALE_NAMES = list(`
  Liam Noah José DeShawn Wei Arjun Omar Ethan Łukasz André Kwame Diego Caleb Kai Tariq Lars Malik Santiago Kenji Elias
  Benjamin Mateo Isaac Minh Rohan Sebastián Jamal Oisín Viktor Yusuf River Darnell Ángel Haruto Thiago Finn Jesús Levi Asher
  Ibrahim Henry Jaylen Marcus Chen Emeka Obinna Pablo Quentin Raúl Soren Tobias Umar Vincent Wyatt Xavier Yousef Alejandro
  Bao Cody Emmanuel Faisal Gustavo Hunter Ian Jayden Kofi Logan Mason Nikolai Owen`);

export const FAMILY_NAMES = list(`
  Smith Johnson Williams Brown Jones García Miller Davis Rodríguez Martínez Hernández López González Wilson Anderson Thomas
  Taylor Moore Jackson Martin Lee Pérez Thompson White Harris Sánchez Clark Ramírez Lewis Robinson Walker Young Allen King
  Wright Scott Torres Nguyễn Hill Flores Green Adams Nelson Baker Hall Rivera Campbell Mitchell Carter Roberts Gómez Phillips
  Evans Turner Díaz Parker Cruz Edwards Collins Reyes Stewart Morris Morales Murphy Cook Rogers Gutiérrez Ortiz Morgan Cooper
  Peterson Bailey Reed Kelly Howard Ramos Kim Cox Ward Richardson Watson Brooks Chávez Wood Bennett Gray Mendoza Ruiz Hughes
  Price Álvarez Castillo Sanders Patel Myers Long Ross Foster Jiménez O'Brien O'Neill D'Angelo Smith-Jones García-Lee
  Al-Hassan Kowalski Nowak Novák Müller Jensen Ivanov Petrenko Okafor Mensah Abdi Haddad Khan Ahmed Singh Sharma Iyer Chen
  Wang Zhang Liu Yamamoto Sato Park Choi Trần Phạm Kealoha Begay Yazzie Whitehorse Van-Dyke St-Clair Rossi Silva Santos`);

export const STREETS = list(`
  Maple Oak Cedar Elm Washington Lake Hill Walnut Spring Park Ridge Church Willow Meadow Forest Highland Sunset Jackson River
  Dogwood`);

export const SCHOOL_NAMES = list(`
  Lincoln Riverside Cesar-Chavez Northgate Harriet-Tubman Oakwood Rosa-Parks Franklin Sequoyah Westlake Roosevelt Meadowbrook
  Sally-Ride Jefferson Maplewood Kennedy Summit Douglass Lakeview Eastside`).map((name) => name.replace('-', ' '));

/** Lower case letters only, for user names and e-mail addresses: `Nguyễn` becomes `nguyen`, `O'Brien` `obrien`. */
export function plain(name: string): string {
  return name
    .normalize('NFD')
    .replace(/ł/gi, 'l')
    .replace(/ø/gi, 'o')
    .toLowerCase()
    .replace(/[^a-z]/g, '');
}
