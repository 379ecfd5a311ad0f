"""The recipe of the shipped embedding model, ``python -m ingest.train --pairs DIR --out DIR``, and ``footnote train``.

    read pairs → rename, rephrase → batches of one kind → InfoNCE → weights of the tokens → pack, with checksums

One idea a module: ``pairs`` (what belongs together), ``terms`` and ``augment`` (what is made by rule), ``vocabulary`` (the
tokens), ``align`` (which word translates which), ``start`` and ``teach`` (the table before training: counted, or what teachers
say of the tokens), ``loop`` (the training), ``pack`` (the folder that the program loads), ``evaluate`` (does it find what it
should), ``adapt`` (the shipped model, moved towards a reader's own notes: ``footnote train``), ``transformer`` (a larger model,
for a machine with a GPU). It needs the extra ``models``; nothing else of the program imports it but the command line for
``footnote train``, and it imports torch only when it runs.

The wheel has what ``footnote train`` needs; the rest, which needs a folder of training pairs, is in the source tree.
"""
