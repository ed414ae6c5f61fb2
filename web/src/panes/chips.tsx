// Names or questions to choose from, under a word of what they are.
import type { Name } from "../api";
import * as format from "../format";

interface Props {
  title: string;
  names: Name[];
  onChoose: (name: Name) => void;
}

export function Chips({ title, names, onChoose }: Props) {
  return (
    <div class="chips" role="group" aria-label={title}>
      <p class="quiet">{title}</p>
      {names.map((name) => (
        <button key={String(name)} type="button" onClick={() => onChoose(name)}>
          <bdi>{format.label(name, 60)}</bdi>
        </button>
      ))}
    </div>
  );
}
