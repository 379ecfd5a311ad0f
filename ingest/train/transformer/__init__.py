"""A small bilingual transformer and a cross-encoder of the same encoder: the recipe for a machine with a GPU.

``python -m ingest.train.transformer --text FILE --pairs DIR --teacher DIR --device cuda --out DIR``

    masked words → InfoNCE with mined negatives and a teacher → vectors;  the same encoder → (question, text) → score

Decisions:

- At most 12 M parameters: 7.9 M of them rows of the shipped vocabulary (256 wide), four layers above.
- Everything is BERT as transformers has it; no special token in embedding, as in the static model: the mean of the last
  layer over the text is its vector, nested at half and a quarter of the width (Kusupati et al. 2022).
- Hard negatives are what the static model puts close to a heading within the same source, yet not closer than
  0.95 of the heading's own text: nearer ones are often right as well.
- The teacher knows English. How near it puts the English texts of a batch to each other is what the student is to say of
  them (KL divergence of the softmaxes); across an aligned pair, of the Chinese text and the other English ones.
- The loops are our own for the reasons given in ``loop``; one seed fixes all that is drawn.

It has only been run at tiny sizes, on a CPU; nothing that ships comes from it.
"""
