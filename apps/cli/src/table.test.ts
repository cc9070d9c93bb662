import pc from 'picocolors';
import { table } from './table.ts';

const colors = pc.createColors(false);

it('table makes columns as wide as their longest cell, numbers at the right', () => {
  const columns = [{ title: 'name' }, { title: 'n', isNumber: true }];
  expect(
    table(
      columns,
      [
        ['Thảo', '5'],
        ['Bo', '1,000'],
      ],
      colors,
    ),
  ).toBe(['name      n', 'Thảo      5', 'Bo    1,000'].join('\n'));
});

it('table keeps a cell on its line, whatever is in it', () => {
  const text = table([{ title: 'a' }, { title: 'b' }], [['x\ny\u001b[31m', 'z']], colors);
  expect(text.split('\n')).toHaveLength(2);
  expect(text).not.toContain('\u001b');
});
